import DaguerreCheckpoints
import DaguerreTensors
import Testing

@Suite struct SafetensorsFileTests {
    /// Fixture: scripts/fixtures/safetensors_files.py, safetensors 0.8.0.
    @Test(arguments: Mapping.allCases) func everyElementTypeIsReadAsTheReferenceWroteIt(mapping: Mapping) throws {
        let file = try SafetensorsFile(path: fixturePath("safetensors/types.safetensors"), mapping: mapping)
        #expect(file.name == "types.safetensors" && file.isMapped == (mapping != .read) && file.byteCount == 1139)
        #expect(file.metadata == ["format": "pt", "note": "made by \"safetensors\" 0.8.0\n"])
        let types: [(String, ElementType)] = [
            ("F64", .float64), ("F32", .float32), ("F16", .float16), ("BF16", .bfloat16), ("I64", .int64),
            ("I32", .int32), ("I16", .int16), ("I8", .int8), ("U8", .uint8), ("BOOL", .bool),
        ]
        for (name, type) in types {
            let tensor = try #require(file["types." + name])
            let expected: [Float] =
                switch type {
                case .uint8: [0, 1, 2, 3, 100, 128]
                case .bool: [0, 1, 1, 1, 1, 1]
                default: [0, 1, -2, 3, 100, -128]
                }
            #expect(tensor.elementType == type && tensor.shape == [2, 3] && tensor.floats == expected)
        }
        #expect(file["scalar"]?.shape == [] && file["scalar"]?.floats == [0.5])
        #expect(file["empty"]?.shape == [0, 4] && file["empty"]?.floats == [])
        #expect(file["ünïcode"]?.floats == [7] && file["nothing"] == nil)
        file.prefetch()
        file.dropPages()
        #expect(file["types.F32"]?.floats == [0, 1, -2, 3, 100, -128])
    }

    @Test func anElementTypeThatIsNotComputedWithIsNamed() {
        #expect(
            throws: CheckpointError.unsupportedElementType(file: "float8.safetensors", key: "w", found: "F8_E4M3")
        ) {
            try SafetensorsFile(path: fixturePath("safetensors/float8.safetensors"))
        }
    }

    @Test func aTensorOutlivesItsFile() throws {
        var tensor: HostTensor?
        do {
            let file = try open(safetensorsBytes("{\(entry("a", "U8", "[3]", 0, 3))}", [1, 2, 3]))
            tensor = file["a"]
        }
        #expect(tensor?.floats == [1, 2, 3])
    }

    @Test func spacesMayFollowTheHeader() throws {
        #expect(try open(safetensorsBytes("{}   ")).entries.isEmpty)
        #expect(try open(safetensorsBytes("{}")).entries.isEmpty)
    }

    @Test func tensorsOfNoElementsMayShareAnOffset() throws {
        let header =
            "{\(entry("b", "F32", "[0]", 0, 0)),\(entry("c", "U8", "[1]", 0, 1)),\(entry("a", "F32", "[2,0]", 0, 0))}"
        let file = try open(safetensorsBytes(header, [9]))
        #expect(file.entries.count == 3 && file["c"]?.floats == [9])
    }

    /// Headers that break one rule each, with the bytes of data that follow.
    static let broken: [(SafetensorsRule, String?, String, Int)] = [
        (.headerText, nil, "", 0),
        (.headerText, nil, " {}", 0),
        (.headerText, nil, "\n{}", 0),
        (.headerText, nil, "[]", 0),
        (.headerText, nil, "{} x", 0),
        (.headerText, nil, "{}\n", 0),
        (.headerText, nil, "{}\u{0}", 0),
        (.headerText, nil, "{}{}", 0),
        (.headerText, nil, "{,}", 0),
        (.headerText, nil, "{\"a\":}", 0),
        (.headerText, nil, "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,],\"data_offsets\":[0,1]}}", 1),
        (.headerText, nil, "{\"a\":{\"dtype\":\"U8\",\"shape\":[01],\"data_offsets\":[0,1]}}", 1),
        (.headerText, nil, "{\"a\\ud800\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1),
        (.headerText, nil, "{\"a\":[[[[[[1]]]]]]}", 0),
        (.uniqueNames, "a", "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("a", "U8", "[1]", 0, 1))}", 1),
        (.uniqueNames, "a", "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("\\u0061", "U8", "[1]", 0, 1))}", 1),
        (.uniqueNames, "dtype", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1),
        (.uniqueNames, "__metadata__", "{\"__metadata__\":{},\"__metadata__\":{}}", 0),
        (.names, "", "{\(entry("", "U8", "[1]", 0, 1))}", 1),
        (.names, "../../x", "{\(entry("../../x", "U8", "[1]", 0, 1))}", 1),
        (.names, "a/../b", "{\(entry("a/../b", "U8", "[1]", 0, 1))}", 1),
        (.names, "/etc/passwd", "{\(entry("/etc/passwd", "U8", "[1]", 0, 1))}", 1),
        (.names, "..\\x", "{\(entry("..\\\\x", "U8", "[1]", 0, 1))}", 1),
        (.names, "a\nb", "{\(entry("a\\nb", "U8", "[1]", 0, 1))}", 1),
        (.names, "a\u{0}", "{\(entry("a\\u0000", "U8", "[1]", 0, 1))}", 1),
        (.names, "a\u{7f}", "{\(entry("a\u{7f}", "U8", "[1]", 0, 1))}", 1),
        (.names, "a\u{202e}b", "{\(entry("a\u{202e}b", "U8", "[1]", 0, 1))}", 1),
        (
            .names, String(repeating: "x", count: 1025),
            "{\(entry(String(repeating: "x", count: 1025), "U8", "[1]", 0, 1))}", 1
        ),
        (.metadata, nil, "{\"__metadata__\":[]}", 0),
        (.metadata, nil, "{\"__metadata__\":{\"a\":1}}", 0),
        (.metadata, nil, "{\"__metadata__\":{\"a\":null}}", 0),
        (.fields, "a", "{\"a\":3}", 0),
        (.fields, "a", "{\"a\":{}}", 0),
        (.fields, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1),
        (.fields, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":0}}", 1),
        (.fields, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"offsets\":[0,1]}}", 1),
        (.elementType, "a", "{\(entry("a", "F31", "[1]", 0, 1))}", 1),
        (.elementType, "a", "{\(entry("a", "f32", "[1]", 0, 4))}", 4),
        (.elementType, "a", "{\"a\":{\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]}}", 1),
        (.shape, "a", "{\(entry("a", "U8", "1", 0, 1))}", 1),
        (.shape, "a", "{\(entry("a", "U8", "[-1]", 0, 1))}", 1),
        (.shape, "a", "{\(entry("a", "U8", "[-0]", 0, 0))}", 0),
        (.shape, "a", "{\(entry("a", "U8", "[1.0]", 0, 1))}", 1),
        (.shape, "a", "{\(entry("a", "U8", "[1e0]", 0, 1))}", 1),
        (.shape, "a", "{\(entry("a", "U8", "[\"1\"]", 0, 1))}", 1),
        (.shape, "a", "{\(entry("a", "U8", "[18446744073709551617]", 0, 1))}", 1),
        (.rank, "a", "{\(entry("a", "U8", "[1,1,1,1,1,1,1,1,1]", 0, 1))}", 1),
        (.elementCount, "a", "{\(entry("a", "F32", "[4611686018427387904,4]", 0, 0))}", 0),
        (.elementCount, "a", "{\(entry("a", "F64", "[2305843009213693952]", 0, 0))}", 0),
        (.elementCount, "a", "{\(entry("a", "U8", "[9223372036854775807,2,0]", 0, 0))}", 0),
        (.offsets, "a", "{\(entry("a", "U8", "[1]", 1, 0))}", 1),
        (.offsets, "a", "{\(entry("a", "U8", "[2]", 0, 2))}", 1),
        (.offsets, "a", "{\(entry("a", "U8", "[1]", -1, 0))}", 1),
        (.offsets, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", 1),
        (.offsets, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1),
        (.offsets, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0.0,1]}}", 1),
        (.offsets, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,9223372036854775807]}}", 1),
        (.offsets, "a", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":{}}}", 1),
        (.byteCount, "a", "{\(entry("a", "F32", "[2]", 0, 4))}", 4),
        (.byteCount, "a", "{\(entry("a", "F32", "[]", 0, 8))}", 8),
        (.byteCount, "a", "{\(entry("a", "F32", "[0]", 0, 4))}", 4),
        (.contiguity, "a", "{\(entry("a", "U8", "[1]", 1, 2))}", 2),
        (.contiguity, "b", "{\(entry("a", "U8", "[2]", 0, 2)),\(entry("b", "U8", "[2]", 1, 3))}", 3),
        (.contiguity, "b", "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("b", "U8", "[1]", 2, 3))}", 3),
        (.contiguity, "b", "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("b", "U8", "[1]", 0, 1))}", 1),
        (.fileSize, nil, "{\(entry("a", "U8", "[1]", 0, 1))}", 2),
        (.fileSize, nil, "{}", 1),
    ]

    @Test(arguments: 0..<broken.count) func aBrokenRuleIsATypedErrorWithFileAndKey(index: Int) {
        let (rule, key, header, dataCount) = Self.broken[index]
        do {
            _ = try open(safetensorsBytes(header, [UInt8](repeating: 0, count: dataCount)))
            Issue.record("accepted: \(header)")
        } catch {
            guard case .malformed("test.safetensors", let foundKey, let foundRule, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(foundRule == rule && foundKey == key, "\(header): \(error)")
            #expect(!error.description.contains("\n") && error.description.utf8.count < 700)
        }
    }

    @Test func allRulesButThoseOfSizeAreBrokenAbove() {
        let rules = Set(Self.broken.map(\.0)).union([.headerLength, .headerSize, .tensorCount])
        #expect(rules == Set(SafetensorsRule.allCases))
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        var bytes = safetensorsBytes("{\(entry("a", "U8", "[1]", 0, 1))}", [0])
        bytes[10] = 0xff
        expectRule(.headerText, bytes)
    }

    @Test func lengthsBeyondTheFileAndTheLimitAreRefused() {
        for length in [3, 1000] as [UInt64] {
            expectRule(.headerLength, withUnsafeBytes(of: length.littleEndian, Array.init) + Array("{}".utf8))
        }
        for length in [16 << 20 + 1, UInt64(Int64.max), UInt64.max] as [UInt64] {
            expectRule(.headerSize, withUnsafeBytes(of: length.littleEndian, Array.init) + Array("{}".utf8))
        }
        expectRule(.headerLength, [])
        expectRule(.headerLength, [2, 0, 0])
    }

    @Test func moreThanAHundredThousandTensorsAreRefused() throws {
        let members = (0...100_000).map { "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}" }
        expectRule(.tensorCount, safetensorsBytes("{\(members.joined(separator: ","))}"))
        #expect(try open(safetensorsBytes("{\(members.dropLast().joined(separator: ","))}")).entries.count == 100_000)
    }

    private func expectRule(_ rule: SafetensorsRule, _ bytes: [UInt8], at location: SourceLocation = #_sourceLocation) {
        do {
            _ = try open(bytes)
            Issue.record("accepted", sourceLocation: location)
        } catch {
            guard case .malformed(_, _, let found, _) = error else {
                Issue.record("\(error)", sourceLocation: location)
                return
            }
            #expect(found == rule, sourceLocation: location)
        }
    }

    @Test func aFileCutShortAnywhereIsRefused() throws {
        let header =
            "{\"__metadata__\":{\"é\":\"\\ud83c\\udf4e\"},\(entry("a", "F16", "[2,1]", 0, 4)),\(entry("b", "U8", "[3]", 4, 7))}  "
        let bytes = safetensorsBytes(header, [1, 2, 3, 4, 5, 6, 7])
        #expect(try open(bytes)["b"]?.floats == [5, 6, 7])
        for count in 0..<bytes.count {
            #expect(throws: CheckpointError.self, "\(count) bytes") { try open(Array(bytes[..<count])) }
        }
        for count in 8..<8 + header.utf8.count - 2 {
            let text = String(decoding: Array(header.utf8)[..<(count - 8)], as: UTF8.self)
            #expect(throws: CheckpointError.self, "\(text)") {
                try open(safetensorsBytes(text, [1, 2, 3, 4, 5, 6, 7]))
            }
        }
    }

    @Test func tenThousandMutationsNeverTrapAndWhatIsAcceptedIsWhole() throws {
        let seed = Array(
            safetensorsBytes(
                "{\"__metadata__\":{\"k\":\"v\"},\(entry("a", "F32", "[2,1]", 0, 8)),\(entry("b", "BF16", "[1]", 8, 10))}",
                [UInt8](0..<10)))
        var state: UInt64 = 3
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "0", "1", "9", "-", ".", "e", "\"", "\\", "\\u00", "{", "}", "[", "]", ",", ":", " ", "F64",
            "9223372036854775807", "../", "\u{0}", "é",
        ]
        var accepted = 0
        for _ in 0..<10_000 {
            var bytes = seed
            for _ in 0...random(3) {
                let i = random(bytes.count)
                switch random(5) {
                case 0: bytes[i] = UInt8(random(256))
                case 1: bytes[i] ^= 1 << UInt8(random(8))
                case 2: bytes.remove(at: i)
                case 3: bytes.insert(contentsOf: pieces[random(pieces.count)].utf8, at: i)
                default:
                    bytes.replaceSubrange(
                        i..<min(i + 1 + random(4), bytes.count), with: pieces[random(pieces.count)].utf8)
                }
                if random(2) == 0, bytes.count > 18 {
                    withUnsafeBytes(of: UInt64(bytes.count - 18).littleEndian) {
                        bytes.replaceSubrange(0..<8, with: $0)
                    }
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do {
                let file = try open(bytes)
                accepted += 1
                let held = file.entries.reduce(0) { $0 + $1.range.count }
                #expect((file.entries.first?.range.lowerBound ?? bytes.count) + held == bytes.count)
                for entry in file.entries { #expect(file[entry.key]?.floats.count == entry.shape.elementCount) }
            } catch {
                #expect(!error.description.isEmpty && !error.description.contains("\n"))
            }
        }
        #expect(accepted > 100)
    }
}
