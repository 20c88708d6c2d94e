import DaguerreModels
import DaguerrePixels
import DaguerreSampling
import DaguerreTensors

/// A request on its way: its prompts are read, and some of its images are drawn.
struct RequestDrawing {
    let request: DiffusionRequest
    let plan: GenerationPlan
    let run: ImageRun
    /// What is drawn, and what it took.
    private var images: [Image] = []
    private var finals: [Float] = []
    private var drawnCount = 0
    private var timings = DiffusionPipeline.Timings()
    var warnings: [String] = []
    private let course: RunCourse
    private var evaluation = 0

    /// Reads the prompts of `request`.
    init(
        _ pipeline: DiffusionPipeline, _ request: DiffusionRequest, _ origin: @escaping NoiseOrigin,
        on backend: some Backend
    ) throws {
        try pipeline.validate(request)
        let clock = ContinuousClock()
        let start = clock.now
        self.request = request
        plan = try pipeline.plan(request, on: backend)
        run = try ImageRun(pipeline, request, plan, origin)
        course = RunCourse(plan, imageCount: request.count)
        timings.text = clock.now - start
    }

    /// The next images to draw, at most `count`.
    func next(_ count: Int) -> Range<Int> { drawnCount..<min(drawnCount + count, request.count) }

    /// Whether every image is drawn.
    var isDone: Bool { drawnCount >= request.count }

    /// Images are begun that are drawn at once.
    mutating func begin() { evaluation = 0 }

    /// An evaluation of `images` is done.
    mutating func advance(_ images: Range<Int>, _ evaluated: DenoisingLoop.Evaluated) -> Progress.Step {
        defer { evaluation += 1 }
        // Each image of a batch has its share of the time.
        let share = evaluated.duration / evaluated.imageCount
        timings.steps += Array(repeating: share, count: images.count)
        return course.step(evaluation, images: images, duration: evaluated.duration)
    }

    /// The next image is decoded, which took so long.
    mutating func add(_ image: Image, of latents: HostTensor, _ duration: Duration) {
        images.append(image)
        finals += latents.nchw.floats
        timings.decode += duration
        drawnCount += 1
    }

    /// The next image was gone through, in a rehearsal.
    mutating func skip() { drawnCount += 1 }

    /// What was drawn.
    func result(_ pipeline: DiffusionPipeline) -> DiffusionPipeline.Result {
        DiffusionPipeline.Result(
            images: images,
            latents: HostTensor(finals, shape: pipeline.latentShape(request, count: images.count)), timings: timings,
            warnings: warnings)
    }
}
