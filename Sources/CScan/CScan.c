// A target needs one source file; everything is in the header.
#include "CScan.h"
