import DaguerreTensors
import TestSupport
import Testing

@Suite struct PointwiseParityTests {
    @Test(arguments: Subject.all, Activation.allCases)
    func activationEqualsReference(subject: Subject, activation: Activation) throws {
        for count in [1, 7, 83, 4099] {
            try expectParity(subject, "\(count) elements") { backend, draw in
                try backend.activate(draw.tensor([count], deviation: 3, on: backend), activation)
            }
        }
    }

    @Test(arguments: Subject.all, Activation.allCases)
    func activationsSaturateAndKeepTheirElementType(subject: Subject, activation: Activation) throws {
        let values: [Float] = [-3e38, -1e30, -1000, -89, -20, -5.5, -1e-4, 0, 1e-30, 1e-4, 5.5, 20, 89, 1000, 1e30]
        try expectParity(subject) { backend, _ in
            let out = try backend.activate(
                backend.upload(HostTensor(values, shape: [15]), as: .float32), activation)
            #expect(out.elementType == .float32)
            return out
        }
    }

    @Test(arguments: Subject.all, Activation.allCases)
    func activationsOfInfinityAndNaNAreInfinityAndNaN(subject: Subject, activation: Activation) throws {
        let backend = try subject.backend()
        let x = try backend.upload(HostTensor([.infinity, .nan], shape: [2]), as: .float32)
        let values = try backend.download(backend.activate(x, activation)).floats
        #expect(values[0] == .infinity && values[1].isNaN, "\(values)")
    }

    @Test(arguments: Subject.all)
    func gatedProductEqualsReference(subject: Subject) throws {
        for count in [1, 7, 83, 4099] {
            try expectParity(subject, "\(count) elements") { backend, draw in
                let value = try draw.tensor([1, count], on: backend)
                return try backend.gatedProduct(value, gate: draw.tensor([1, count], deviation: 3, on: backend))
            }
        }
    }

    @Test(arguments: Subject.all)
    func gatedProductRoundsWhatIsNotInItsPrecision(subject: Subject) throws {
        try expectParity(subject) { backend, draw in
            let x = try backend.upload(draw([2, 83]), as: .float32)
            let out = try backend.gatedProduct(x.slice(1..<2), gate: x.slice(0..<1))
            #expect(out.elementType == backend.activationType)
            return out
        }
    }

    @Test(arguments: Subject.all, 1...9)
    func weightedSumEqualsReference(subject: Subject, count: Int) throws {
        for length in [1, 83, 4099] {
            try expectParity(subject, "\(length) elements") { backend, draw in
                let terms = try (0..<count).map { i in
                    let host = draw([length])
                    let type = i % 3 == 1 ? ElementType.float32 : backend.activationType
                    return (factor: 0.3 * Double(i) - 0.7, tensor: try backend.upload(host, as: type))
                }
                return try backend.weightedSum(terms)
            }
        }
    }

    @Test(arguments: Subject.all)
    func weightedSumHasItsFirstTermsElementType(subject: Subject) throws {
        let backend = try subject.backend()
        var draw = Draw(rounding: backend.activationType)
        let latents = try backend.upload(draw([7]), as: .float32)
        let output = try draw.tensor([7], on: backend)
        #expect(try backend.weightedSum([(1, latents), (2, output)]).elementType == .float32)
        #expect(try backend.weightedSum([(1, output), (2, latents)]).elementType == backend.activationType)
    }

    @Test(arguments: Subject.all)
    func tensorsJoinExactly(subject: Subject) throws {
        for channels in [[1], [7, 1], [83, 7, 32], [320, 640]] {
            try expectParity(subject, "channels \(channels)", exactly: true) { backend, draw in
                try backend.concatenateChannels(channels.map { try draw.tensor([2, 3, 5, $0], on: backend) })
            }
        }
        try expectParity(subject, "batches", exactly: true) { backend, draw in
            let x = try draw.tensor([3, 7, 83], on: backend)
            return try backend.concatenateBatch([x, x.slice(1..<2), draw.tensor([1, 7, 83], on: backend)])
        }
        try expectParity(subject, "channels of slices", exactly: true) { backend, draw in
            let x = try draw.tensor([3, 7, 83], on: backend)
            return try backend.concatenateChannels([x.slice(2..<3), x.slice(0..<1)])
        }
    }

    @Test(arguments: Subject.all, [1, 7, 8, 83, 320])
    func timestepEmbeddingEqualsReference(subject: Subject, channels: Int) throws {
        for (cosineFirst, shift) in [(true, 0.0), (false, 1)] where Double(channels / 2) != shift {
            let timesteps = [0, 1, 7.5, 261, 999]
            let backend = try subject.backend()
            let actual = try backend.timestepEmbedding(
                timesteps, channels: channels, cosineFirst: cosineFirst, frequencyShift: shift)
            #expect(actual.elementType == .float32)
            let expected = try reference.timestepEmbedding(
                timesteps, channels: channels, cosineFirst: cosineFirst, frequencyShift: shift)
            try expectClose(
                actual, reference.download(expected), KernelTolerance.timestepEmbedding, on: backend)
        }
    }
}
