// What an application meets through this module: pictures, latents, names of samplers, errors. `import Daguerre` is enough.
@_exported public import DaguerreCheckpoints
@_exported public import DaguerreImaging
@_exported public import DaguerrePipelines
@_exported public import DaguerrePixels
@_exported public import DaguerreSampling
@_exported public import DaguerreTensors
