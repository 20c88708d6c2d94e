/// Logarithm, sine and cosine of float32 numbers, with the rounding of the vector code in torch.
///
/// Polynomials: Moshier, Cephes Mathematical Library, `logf` and `sinf`. Where the compiler of torch joins a product and
/// a sum into one instruction, `addingProduct` says so: the last bit depends on it.
enum SinglePrecision {
    /// The natural logarithm of a positive normal number.
    static func log(_ value: Float) -> Float {
        let bits = value.bitPattern
        var exponent = Float(Int(bits >> 23) - 126)
        // The mantissa, from ½ to 1, then from √½ to √2, less 1.
        var x = Float(bitPattern: bits & 0x007f_ffff | 0x3f00_0000)
        if x < 0.707106781186547524 {
            exponent -= 1
            x = (x - 1) + x
        } else {
            x -= 1
        }
        let square = x * x
        let series = polynomial(
            x, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
            2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
        var tail = (exponent * -2.12194440e-4).addingProduct(series * x, square)
        tail = tail.addingProduct(-square, 0.5)
        return (x + tail).addingProduct(exponent, 0.693359375)
    }

    /// Sine and cosine of an angle from 0 to 2π.
    static func sineAndCosine(_ angle: Float) -> (sine: Float, cosine: Float) {
        // The nearest even multiple of π/4, and what is left, with π/4 in three parts.
        let octant = (Int(angle * 1.27323954473516) + 1) & ~1
        let multiple = Float(octant)
        var x = angle.addingProduct(multiple, -0.78515625)
        x = x.addingProduct(multiple, -2.4187564849853515625e-4)
        x = x.addingProduct(multiple, -3.77489497744594108e-8)
        let square = x * x

        let cosineSeries = polynomial(
            square, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
        let cosine = (square * -0.5).addingProduct(cosineSeries * square, square) + 1
        let sineSeries = polynomial(square, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
        let sine = x.addingProduct(sineSeries * square, x)

        switch octant & 6 {
        case 0: return (sine, cosine)
        case 2: return (cosine, -sine)
        case 4: return (-sine, -cosine)
        default: return (-cosine, sine)
        }
    }

    private static func polynomial(_ x: Float, _ coefficients: Float...) -> Float {
        coefficients.dropFirst().reduce(coefficients[0]) { $1.addingProduct($0, x) }
    }
}
