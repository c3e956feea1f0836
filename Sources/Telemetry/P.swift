import CoreMetrics
import Logging
package enum X {}
