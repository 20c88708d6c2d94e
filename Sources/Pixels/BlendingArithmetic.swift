/// `x / 255`, rounded, for `x` from 0 to 255 · 255.
///
/// Source: Pillow `MULDIV255` and `DIV255` of ImagingUtils.h.
@inline(__always)
func dividedBy255(_ x: Int) -> Int {
    let sum = x + 128
    return (sum + (sum >> 8)) >> 8
}

/// `x` held within 0 to 255.
@inline(__always)
func clampedToByte(_ x: Int) -> UInt8 { UInt8(truncatingIfNeeded: min(max(x, 0), 255)) }
