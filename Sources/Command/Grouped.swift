import ArgumentParser

/// An option's value, and which of several groups of options it belongs to.
///
/// The parser knows options, not their order; so before it reads the arguments, each value of a group's options is
/// marked with the number of the group.
struct Grouped<Value: ExpressibleByArgument>: ExpressibleByArgument {
    let group: Int
    let value: Value

    init?(argument: String) {
        let parts = argument.split(separator: groupMark, maxSplits: 1, omittingEmptySubsequences: false)
        // A value without a mark is the first group's.
        let isMarked = parts.count == 2 && Int(parts[0]) != nil
        guard let value = Value(argument: isMarked ? String(parts[1]) : argument) else { return nil }
        group = isMarked ? Int(parts[0]) ?? 1 : 1
        self.value = value
    }

    /// What the help lists.
    static var allValueStrings: [String] { Value.allValueStrings }
}

/// Between a group's number and a value; no one types it.
private let groupMark: Character = "\u{1F}"

/// `arguments` with each value of the options `names` marked with the number of its group, which `first` begins.
func groupingOptions(_ names: Set<String>, beginningWith first: String, in arguments: [String]) -> [String] {
    var group = 0
    var result: [String] = []
    var index = 0
    while index < arguments.count {
        let argument = arguments[index]
        if argument == "--" { return result + arguments[index...] }
        let sign = argument.firstIndex(of: "=")
        let name = sign.map { String(argument[..<$0]) } ?? argument
        if name == first { group += 1 }
        if names.contains(name), let sign {
            result.append("\(name)=\(max(group, 1))\(groupMark)\(argument[argument.index(after: sign)...])")
        } else if names.contains(name), index + 1 < arguments.count {
            result += [argument, "\(max(group, 1))\(groupMark)\(arguments[index + 1])"]
            index += 1
        } else {
            result.append(argument)
        }
        index += 1
    }
    return result
}
