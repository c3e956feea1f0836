/// An element of a ``PlacedList``.
protocol Placed: AnyObject {
    /// Its place in the list, kept by the list; -1 outside.
    var place: Int { get set }
}

/// An unordered list from which an element that knows its place is removed at once.
struct PlacedList<Element: Placed> {
    private(set) var elements: [Element] = []

    /// Adds an element, which is in no list.
    mutating func add(_ element: Element) {
        element.place = elements.count
        elements.append(element)
    }

    /// Removes an element; harmless when it is in no list.
    mutating func remove(_ element: Element) {
        let place = element.place
        guard place >= 0 else { return }
        element.place = -1
        let last = elements.removeLast()
        guard place < elements.count else { return }
        elements[place] = last
        last.place = place
    }
}
