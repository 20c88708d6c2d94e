import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreTensors

/// A LoRA for every matrix of a denoiser's transformers, as trainers make them by default, of meaningless numbers.
struct RandomAdapter {
    let rank: Int
    let seed: UInt8

    /// Writes it in float16 under kohya's names.
    func write(for target: AdapterTarget, to path: String) throws {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1
        func random(_ shape: Shape, deviation: Float) -> HostTensor {
            HostTensor(shape: shape, elementType: .float16) { bytes in
                for i in 0..<shape.elementCount {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let value = Float(Int32(truncatingIfNeeded: state >> 32)) / 0x1p31 * deviation
                    bytes.storeBytes(of: HalfPrecision.float16(value), toByteOffset: i * 2, as: UInt16.self)
                }
            }
        }
        var tensors: [(name: String, tensor: HostTensor)] = []
        for layer in target.matrices(of: .unet) where layer.path.contains("attentions.") {
            let name = "lora_unet_" + layer.path.split(separator: ".").joined(separator: "_")
            let (outputs, inputs) = (layer.shape[0], layer.shape[1])
            tensors.append(
                ("\(name).lora_down.weight", random([rank, inputs], deviation: 1 / Float(inputs).squareRoot())))
            tensors.append(
                ("\(name).lora_up.weight", random([outputs, rank], deviation: 0.2 / Float(rank).squareRoot())))
            tensors.append(("\(name).alpha", HostTensor([Float(rank) / 2], shape: [])))
        }
        try SafetensorsWriter.write(tensors, to: path)
    }
}
