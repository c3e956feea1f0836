/// How the elements of a list stand in one text.
package enum CommaList {
    /// The elements between the commas.
    package static func elements(of text: String) -> [String] {
        var elements = [""]
        var isEscaped = false
        for character in text {
            let element = elements.count - 1
            if isEscaped {
                if character != ",", character != "\\" { elements[element].append("\\") }
                elements[element].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                elements.append("")
            } else {
                elements[element].append(character)
            }
        }
        if isEscaped { elements[elements.count - 1].append("\\") }
        return elements
    }

    /// One element as it has to be written in a list.
    package static func escaped(_ element: String) -> String {
        element.replacing("\\", with: "\\\\").replacing(",", with: "\\,")
    }
}
