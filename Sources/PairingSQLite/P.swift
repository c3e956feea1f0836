import GRDB
import Pairing
package enum X { static func f(_ q: DatabaseQueue) {} }
