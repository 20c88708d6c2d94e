/// `value` without a fraction of zero: `7`, `3.5`.
package func plain(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
