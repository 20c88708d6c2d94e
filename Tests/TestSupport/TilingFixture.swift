public import DaguerreTensors

/// What the fixtures of scripts/fixtures/tiling.py have in common.
public enum TilingFixture {
    /// How a fixture's keys end, and the axes that it is periodic along.
    public static let axes: [(key: String, axes: TilingAxes)] = [
        ("both", .both), ("horizontal", .horizontal), ("vertical", .vertical),
    ]
}
