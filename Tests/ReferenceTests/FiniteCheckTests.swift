import DaguerreReference
import DaguerreTensors
import Testing

@Suite struct FiniteCheckTests {
    let backend = FiniteCheckBackend(ReferenceBackend())

    func linear(_ name: String, _ factor: Float) throws -> LinearWeight {
        try backend.prepareLinear(name, weight: HostTensor([factor], shape: [1, 1]), bias: nil)
    }

    @Test func finiteRunsGiveTheWatchedBackendsResult() throws {
        let x = try backend.upload(HostTensor([2, 3], shape: [2, 1]), as: .float32)
        let out = try backend.linear(x, linear("first", 4))
        #expect(try backend.download(out).floats == [8, 12])
    }

    @Test func theFirstLayerThatOverflowsIsNamed() throws {
        let x = try backend.upload(HostTensor([1e30], shape: [1, 1]), as: .float32)
        let h = try backend.linear(x, linear("mid_block.attentions.0", 1e6))
        #expect(throws: BackendError.notFinite(layer: "up_blocks.1.proj_out")) {
            _ = try backend.linear(h, linear("up_blocks.1.proj_out", 1e6))
        }
    }

    @Test func anOperationWithoutAWeightIsNamedAfterTheLayerBeforeIt() throws {
        let x = try backend.upload(HostTensor([1e30], shape: [1, 1]), as: .float32)
        let h = try backend.linear(x, linear("conv_out", 1e8))
        #expect(throws: BackendError.notFinite(layer: "weighted sum after conv_out")) {
            _ = try backend.weightedSum([(3, h), (3, h)])
        }
    }

    @Test func anInputThatIsNotFiniteIsNamed() throws {
        #expect(throws: BackendError.notFinite(layer: "upload")) {
            _ = try backend.upload(HostTensor([.nan], shape: [1]), as: .float32)
        }
    }
}
