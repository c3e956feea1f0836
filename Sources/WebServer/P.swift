import Hummingbird
import NIOCore
package enum X {}
