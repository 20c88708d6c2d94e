/// Reads the pickle of a PyTorch checkpoint and executes nothing.
///
/// A pickle is a program for a machine with a stack. This one has a machine that knows the few instructions that a
/// checkpoint needs, and names of which it keeps a list; anything else ends the reading. What is "called" makes a
/// dictionary, a tensor's description, or nothing.
struct PickleReader {
    /// A block of numbers in an entry of the archive.
    struct Storage {
        let type: PickledType
        let key: String
        let count: Int
    }

    /// A tensor's place in its storage, counted in elements.
    struct Tensor {
        let storage: Int
        let offset: Int
        let shape, strides: [Int]
    }

    private(set) var storages: [Storage] = []
    private(set) var tensors: [Tensor] = []
    private(set) var tuples: [[PickleValue]] = []
    private(set) var lists: [[PickleValue]] = []
    private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []

    private let bytes: LittleEndian
    private var position = 0
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var builtCount = 0

    /// The one value that `bytes` say, and the tables that it refers to.
    static func read(_ bytes: [UInt8]) throws(PickleProblem) -> (PickleReader, PickleValue) {
        var reader = PickleReader(bytes: LittleEndian(bytes))
        while true {
            if let value = try reader.step() { return (reader, value) }
        }
    }

    private init(bytes: LittleEndian) { self.bytes = bytes }

    /// Does one instruction; the value that stays at the end.
    private mutating func step() throws(PickleProblem) -> PickleValue? {
        let start = position
        let code = UInt8(try integer(1))
        guard let opcode = PickleOpcode(rawValue: code) else {
            throw PickleProblem(
                found: "the opcode \(PickleOpcode.name(code)) at byte \(start)", expected: "one that a checkpoint needs"
            )
        }
        switch opcode {
        case .stop: return try pop()
        case .proto, .frame: _ = try slice(opcode == .proto ? 1 : 8)
        case .mark: marks.append(stack.count)
        case .none: stack.append(.none)
        case .newTrue, .newFalse: stack.append(.bool(opcode == .newTrue))
        case .binaryInteger: stack.append(.integer(Int(Int32(truncatingIfNeeded: try integer(4)))))
        case .binaryInteger1: stack.append(.integer(try integer(1)))
        case .binaryInteger2: stack.append(.integer(try integer(2)))
        case .long1: try long()
        case .binaryFloat: try skip(8)
        case .shortBinaryBytes: try skip(try integer(1))
        case .binaryBytes: try skip(try integer(4))
        case .shortBinaryString, .shortBinaryUnicode: try text(try integer(1))
        case .binaryUnicode: try text(try integer(4))
        case .emptyTuple: pushTuple([])
        case .tuple: pushTuple(try popMarked())
        case .tuple1, .tuple2, .tuple3: pushTuple(try pop(Int(opcode.rawValue) - 0x84))
        case .emptyList: pushList([])
        case .emptyDictionary: pushDictionary()
        case .append, .appends: try append(opcode == .append ? pop(1) : popMarked())
        case .setItem, .setItems: try setItems(opcode == .setItem ? pop(2) : popMarked())
        case .binaryPut, .longBinaryPut: try remember(try integer(opcode == .binaryPut ? 1 : 4))
        case .memoize: try remember(memo.count)
        case .binaryGet, .longBinaryGet: try recall(try integer(opcode == .binaryGet ? 1 : 4))
        case .global: try pushGlobal(module: try line(), name: try line())
        case .stackGlobal:
            let names = try pop(2)
            guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw misplaced("a name") }
            try pushGlobal(module: module, name: name)
        case .binaryPersistentID: try pushStorage()
        case .reduce: try reduce()
        case .newObject: try makeObject()
        case .build: try build()
        }
        return nil
    }

    private func misplaced(_ expected: String) -> PickleProblem {
        PickleProblem(found: "something else at byte \(position)", expected: expected)
    }

    private mutating func slice(_ count: Int) throws(PickleProblem) -> ArraySlice<UInt8> {
        guard let slice = bytes.slice(position, count) else {
            throw PickleProblem(found: "the end of the pickle at byte \(position)", expected: "\(count) more bytes")
        }
        position += count
        return slice
    }

    private mutating func integer(_ size: Int) throws(PickleProblem) -> Int {
        try slice(size).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func skip(_ count: Int) throws(PickleProblem) {
        _ = try slice(count)
        stack.append(.opaque)
    }

    /// A whole number of up to 255 bytes; one that does not fit counts as something that no tensor needs.
    private mutating func long() throws(PickleProblem) {
        let digits = try slice(try integer(1))
        guard digits.count <= 8 else { return stack.append(.opaque) }
        let isNegative = digits.last.map { $0 >= 0x80 } ?? false
        let bits = digits.reversed().reduce(isNegative ? UInt64.max : 0) { $0 << 8 | UInt64($1) }
        stack.append(.integer(Int(Int64(bitPattern: bits))))
    }

    private mutating func text(_ count: Int) throws(PickleProblem) {
        guard let text = String(validating: try slice(count), as: UTF8.self) else { throw misplaced("UTF-8") }
        stack.append(.text(text))
    }

    private mutating func line() throws(PickleProblem) -> String {
        var end = position
        while let byte = bytes.slice(end, 1)?.first, byte != UInt8(ascii: "\n"), end - position < 256 { end += 1 }
        let line = try slice(end - position)
        guard try slice(1).first == UInt8(ascii: "\n") else { throw misplaced("the end of a name") }
        return String(decoding: line, as: UTF8.self)
    }

    private mutating func pop() throws(PickleProblem) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw misplaced("a value before it") }
        return value
    }

    private mutating func pop(_ count: Int) throws(PickleProblem) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw misplaced("\(count) values before it") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popMarked() throws(PickleProblem) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw misplaced("a mark before it") }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private mutating func remember(_ index: Int) throws(PickleProblem) {
        guard stack.count > (marks.last ?? 0), let value = stack.last else { throw misplaced("a value before it") }
        memo[index] = value
    }

    private mutating func recall(_ index: Int) throws(PickleProblem) {
        guard let value = memo[index] else { throw misplaced("a value that was remembered") }
        stack.append(value)
    }

    private mutating func pushTuple(_ values: [PickleValue]) {
        tuples.append(values)
        stack.append(.tuple(tuples.count - 1))
    }

    private mutating func pushList(_ values: [PickleValue]) {
        lists.append(values)
        stack.append(.list(lists.count - 1))
    }

    private mutating func pushDictionary() {
        dictionaries.append([])
        stack.append(.dictionary(dictionaries.count - 1))
    }

    private mutating func append(_ values: [PickleValue]) throws(PickleProblem) {
        switch stack.count > (marks.last ?? 0) ? stack.last : nil {
        case .list(let index): lists[index] += values
        case .opaque: break
        default: throw misplaced("a list")
        }
    }

    private mutating func setItems(_ values: [PickleValue]) throws(PickleProblem) {
        guard values.count % 2 == 0 else { throw misplaced("a value for each key") }
        switch stack.count > (marks.last ?? 0) ? stack.last : nil {
        case .dictionary(let index):
            for i in stride(from: 0, to: values.count, by: 2) {
                dictionaries[index].append((key: values[i], value: values[i + 1]))
            }
        case .opaque: break
        default: throw misplaced("a dictionary")
        }
    }

    private mutating func pushGlobal(module: String, name: String) throws(PickleProblem) {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw PickleProblem(
                found: "the name \(module).\(name), which could run code", expected: "names that a checkpoint needs")
        }
        stack.append(.global(global))
    }

    /// `("storage", torch.FloatStorage, "0", "cpu", 4)`.
    private mutating func pushStorage() throws(PickleProblem) {
        guard case .tuple(let index) = try pop(), tuples[index].count == 5,
            tuples[index][0] == .text("storage"), case .global(.storage(let type)) = tuples[index][1],
            case .text(let key) = tuples[index][2], case .integer(let count) = tuples[index][4], count >= 0
        else { throw misplaced("a storage's type, key and size") }
        storages.append(Storage(type: type, key: key, count: count))
        stack.append(.storage(storages.count - 1))
    }

    private mutating func reduce() throws(PickleProblem) {
        let values = try pop(2)
        guard case .global(let global) = values[0], case .tuple(let index) = values[1] else {
            throw misplaced("a name and what it is called with")
        }
        let arguments = tuples[index]
        switch global {
        case .orderedDictionary:
            guard arguments.isEmpty else { throw misplaced("an empty dictionary") }
            pushDictionary()
        case .rebuildTensor: try pushTensor(arguments)
        case .rebuildParameter:
            guard case .tensor(let tensor)? = arguments.first else { throw misplaced("a tensor") }
            stack.append(.tensor(tensor))
        case .size:
            guard arguments.count == 1, case .tuple = arguments[0] else { throw misplaced("a shape") }
            stack.append(arguments[0])
        case .skipped: stack.append(.opaque)
        case .parameterDictionary, .storage: throw misplaced("a function")
        }
    }

    /// Of classes made without a function only one is known, and it is a dictionary.
    private mutating func makeObject() throws(PickleProblem) {
        let values = try pop(2)
        guard values[0] == .global(.parameterDictionary), case .tuple(let index) = values[1], tuples[index].isEmpty
        else {
            throw PickleProblem(
                found: "the opcode \(PickleOpcode.name(0x81)) of an unknown class at byte \(position - 1)",
                expected: "one that a checkpoint needs")
        }
        pushDictionary()
    }

    /// The state of an object: a dictionary's attributes have no weights but those of PyTorch's `ParameterDict`.
    private mutating func build() throws(PickleProblem) {
        let state = try pop()
        guard stack.count > (marks.last ?? 0) else { throw misplaced("an object before it") }
        guard case .dictionary(let index) = stack.last, case .dictionary(let attributes) = state, index != attributes
        else { return }
        for (key, value) in dictionaries[attributes] where key == .text("_parameters") {
            guard case .dictionary(let parameters) = value, parameters != index else { continue }
            // Two that are given each other's would double with every round.
            builtCount += dictionaries[parameters].count
            guard builtCount <= SafetensorsLimits.tensorCount else { throw misplaced("fewer parameters") }
            dictionaries[index] += dictionaries[parameters]
        }
    }

    /// `(storage, offset, shape, strides, requires_grad, hooks)`.
    private mutating func pushTensor(_ arguments: [PickleValue]) throws(PickleProblem) {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0],
            case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
            let strides = integers(arguments[3])
        else { throw misplaced("a tensor's storage, offset, shape and strides") }
        tensors.append(Tensor(storage: storage, offset: offset, shape: shape, strides: strides))
        stack.append(.tensor(tensors.count - 1))
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard case .tuple(let index) = value, tuples[index].count <= SafetensorsLimits.rank else { return nil }
        var integers: [Int] = []
        for case .integer(let integer) in tuples[index] { integers.append(integer) }
        return integers.count == tuples[index].count ? integers : nil
    }
}
