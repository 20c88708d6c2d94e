import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerreTensors

/// A ControlNet or a T2I-Adapter, loaded for one ``Model``; see ``Model/control(at:)``.
public struct ControlModel: Sendable {
    /// The folder's or the file's base name.
    public let name: String
    /// What it is.
    public let kind: ControlSource.Kind
    /// The same network on the backend that draws, and on the one that only counts.
    let drawing, weighing: ControlUse.Network

    init(
        _ source: ControlSource, for unet: UNetConfiguration, drawing: any Backend, weighing: any Backend,
        isWeighed: (_ name: String) throws -> Void
    ) throws {
        func network(on backend: any Backend) throws -> ControlUse.Network {
            source.kind == .t2iAdapter
                ? .t2iAdapter(try source.t2iAdapter(for: unet, on: backend))
                : .controlNet(try source.controlNet(for: unet, on: backend))
        }
        name = source.name
        kind = source.kind
        // Shapes first: what does not fit is found before a weight is packed.
        self.weighing = try network(on: weighing)
        try isWeighed(name)
        self.drawing = try network(on: drawing)
    }
}
