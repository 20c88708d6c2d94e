extension Int {
    /// The product of whole numbers that are not negative, or the largest number where it would be larger.
    ///
    /// A request that would take longer than the age of the universe is refused by its forecast, which must be able to
    /// count so far.
    package static func saturatingProduct(_ factors: Int...) -> Int {
        factors.reduce(1) { product, factor in
            let (result, overflows) = product.multipliedReportingOverflow(by: factor)
            return overflows ? .max : result
        }
    }

    /// The sum of whole numbers that are not negative, or the largest number where it would be larger.
    package static func saturatingSum(_ terms: Int...) -> Int {
        terms.reduce(0) { sum, term in
            let (result, overflows) = sum.addingReportingOverflow(term)
            return overflows ? .max : result
        }
    }
}
