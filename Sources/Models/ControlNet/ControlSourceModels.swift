public import DaguerreCheckpoints
public import DaguerreTensors

// A network is built twice: on the Meter, where nothing is computed, to know that it can be, and on the backend that
// draws. Each of these checks first that it fits the denoiser that it is for.
extension ControlSource {
    /// Builds a ControlNet for a UNet of shape `unet`.
    ///
    /// - Throws: ``ModelError`` naming what does not fit; `CheckpointError.unusable` listing all keys that are missing,
    ///   misshapen or unread.
    public func controlNet(for unet: UNetConfiguration, on backend: any Backend) throws -> ControlNet {
        try require(.controlNet)
        let shape = try decodeConfiguration(ControlNetConfiguration.self, configuration, file: name)
        try shape.requireFit(to: unet)
        return try build(on: backend) { try ControlNet(shape, from: $0) }
    }

    /// Builds a T2I-Adapter for a UNet of shape `unet` with `pixels` for each latent on a side.
    ///
    /// - Throws: as ``controlNet(for:on:)``.
    public func t2iAdapter(
        for unet: UNetConfiguration, pixels: Int = 8, on backend: any Backend
    ) throws -> T2IAdapter {
        try require(.t2iAdapter)
        let shape = try decodeConfiguration(T2IAdapterConfiguration.self, configuration, file: name)
        try shape.requireFit(to: unet, pixels: pixels)
        return try build(on: backend) { try T2IAdapter(shape, from: $0) }
    }

    /// Builds an IP-Adapter for a UNet of shape `unet` and pictures that an encoder of shape `encoder` sees.
    ///
    /// - Throws: as ``controlNet(for:on:)``; ``ModelError`` naming a kind of IP-Adapter that is not supported.
    public func ipAdapter(
        for unet: UNetConfiguration, encoder: CLIPVisionConfiguration, on backend: any Backend
    ) throws -> IPAdapter {
        try require(.ipAdapter)
        let shape = try IPAdapterConfiguration(of: weights, file: name)
        try shape.requireFit(to: unet, encoder: encoder, file: name)
        return try build(on: backend) { try IPAdapter(shape, for: unet, from: $0) }
    }

    private func require(_ expected: Kind) throws(ModelError) {
        try ConfigurationCheck(file: name).require(
            "the kind", kind.rawValue, "a \(expected.rawValue)", kind == expected)
    }

    private func build<Network>(on backend: any Backend, _ make: (WeightScope) throws -> Network) throws -> Network {
        let ledger = WeightLedger(weights, file: name)
        let network = try make(WeightScope(ledger, backend: backend))
        try ledger.verify()
        weights.dropPages()
        return network
    }
}
