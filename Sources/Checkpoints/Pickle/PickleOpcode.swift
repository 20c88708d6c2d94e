/// The opcodes that a checkpoint's pickle may have; every other is refused by name.
///
/// Source: CPython `Lib/pickletools.py`. Left out is all that makes objects of classes at will (INST, OBJ, NEWOBJ_EX,
/// EXT1…), refers to things outside (PERSID), and what PyTorch never writes.
enum PickleOpcode: UInt8 {
    case mark = 0x28, emptyTuple = 0x29, stop = 0x2e, binaryInteger = 0x4a, binaryInteger1 = 0x4b
    case binaryInteger2 = 0x4d, none = 0x4e, binaryPersistentID = 0x51, reduce = 0x52, shortBinaryString = 0x55
    case binaryUnicode = 0x58, emptyList = 0x5d, append = 0x61, build = 0x62, global = 0x63, appends = 0x65
    case binaryGet = 0x68, longBinaryGet = 0x6a, binaryPut = 0x71, longBinaryPut = 0x72, setItem = 0x73, tuple = 0x74
    case setItems = 0x75, emptyDictionary = 0x7d, binaryFloat = 0x47, proto = 0x80, newObject = 0x81, tuple1 = 0x85
    case tuple2 = 0x86, tuple3 = 0x87, newTrue = 0x88, newFalse = 0x89, long1 = 0x8a, binaryBytes = 0x42
    case shortBinaryBytes = 0x43, shortBinaryUnicode = 0x8c, stackGlobal = 0x93, memoize = 0x94, frame = 0x95

    /// What `byte` is called in a message: `INST (0x69)`.
    static func name(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        let code = "0x" + (digits.count < 2 ? "0" : "") + digits
        return refused[byte].map { "\($0) (\(code))" } ?? code
    }

    private static let refused: [UInt8: String] = [
        0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x46: "FLOAT", 0x49: "INT", 0x4c: "LONG", 0x50: "PERSID",
        0x53: "STRING", 0x54: "BINSTRING", 0x56: "UNICODE", 0x64: "DICT", 0x67: "GET", 0x69: "INST", 0x6c: "LIST",
        0x6f: "OBJ", 0x70: "PUT", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x8b: "LONG4",
        0x8d: "BINUNICODE8", 0x8e: "BINBYTES8", 0x8f: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET",
        0x92: "NEWOBJ_EX", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
    ]
}
