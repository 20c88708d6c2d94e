// Our own declarations of the vendor libraries that are opened at run time, and how each is opened.
#pragma once

#include "onednn.h"
#include "openmp.h"
