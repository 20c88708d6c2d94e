import DaguerreTensors

extension HostTensor {
    /// `[N, H, W, C]` in the order of files and of torch: `[N, C, H, W]`, float32.
    var nchw: HostTensor {
        let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
        let source = floats
        var values = [Float](repeating: 0, count: source.count)
        for image in 0..<n {
            for pixel in 0..<h * w {
                for channel in 0..<c {
                    values[(image * c + channel) * h * w + pixel] = source[(image * h * w + pixel) * c + channel]
                }
            }
        }
        return HostTensor(values, shape: [n, c, h, w])
    }

    /// `[N, C, H, W]` in the order of memory: `[N, H, W, C]`, float32.
    var nhwc: HostTensor {
        let (n, c, h, w) = (shape[0], shape[1], shape[2], shape[3])
        let source = floats
        var values = [Float](repeating: 0, count: source.count)
        for image in 0..<n {
            for channel in 0..<c {
                for pixel in 0..<h * w {
                    values[(image * h * w + pixel) * c + channel] = source[(image * c + channel) * h * w + pixel]
                }
            }
        }
        return HostTensor(values, shape: [n, h, w, c])
    }
}
