import CSandbox
public import DaguerreCheckpoints
import Glibc

/// Reads a pickle in a process of its own, which executes nothing of it and can reach neither network nor files.
///
/// The process is given the open file and answers with a list of tensors: names, shapes, places. The numbers it never
/// touches; whoever asked maps them from the file, after each place was checked against the file's size.
public enum PickleProcess {
    /// The argument on which a program has to call ``serve()`` at its very start.
    public static let argument = "read-pickle"

    /// Address space, in bytes, and processor time that reading may take; the largest pickles take a tenth of it.
    private static let addressSpace = 1 << 30, processorSeconds = 60
    /// The longest list, in bytes, and the longest wait for it.
    private static let listingBytes = 64 << 20, waitMilliseconds: Int32 = 120_000

    /// Opens the file of `torch.save` at `path`.
    ///
    /// - Parameter program: the program to run, which calls ``serve()``; by default this one.
    /// - Throws: `CheckpointError.pickle`, naming the opcode or name that is not allowed where there is one.
    public static func open(
        _ path: String, program: String = "/proc/self/exe", mapping: Mapping = .automatic
    ) throws(CheckpointError) -> PickledFile {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let descriptor = path.contains("\0") ? -1 : Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(file: name, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let child = sandbox_start(program, argument, descriptor)
        guard child.error == 0 else {
            throw .pickle(
                file: name,
                problem: "no process to read it in could be started: \(String(cString: strerror(child.error)))")
        }
        let answer = output(of: child)
        guard let answer, let mark = answer.first else {
            throw .pickle(
                file: name, problem: "its reader was stopped: it asks for more memory or time than a checkpoint should")
        }
        let rest = Array(answer.dropFirst())
        guard mark == success else { throw .pickle(file: name, problem: String(decoding: rest, as: UTF8.self)) }
        // The very file that the child has read, whatever its name stands for by now.
        return try PickledFile(
            name: name, bytes: HostBytes(path: "/proc/self/fd/\(descriptor)", mapping: mapping), listing: rest)
    }

    /// What precedes a list; a problem is preceded by another byte.
    private static let success = UInt8(ascii: "+")

    /// All that `child` writes before it ends well; nil if it is stopped, or takes too long.
    private static func output(of child: sandbox_child) -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var isWhole = false
        while bytes.count <= listingBytes {
            var state = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&state, 1, waitMilliseconds)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { break }
            let count = read(child.output, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            isWhole = count == 0
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        close(child.output)
        if !isWhole { kill(child.process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child.process, &status, 0) < 0, errno == EINTR {}
        return isWhole && status == 0 ? bytes : nil
    }

    /// The child's part: shuts itself in, reads the pickle on standard input, answers on standard output.
    ///
    /// - Returns: the exit code.
    public static func serve() -> Int32 {
        if let problem = sandbox_enter(addressSpace, processorSeconds) {
            return answer(UInt8(ascii: "-"), Array("this system shuts no process in: \(String(cString: problem))".utf8))
        }
        do {
            return answer(success, try TorchCheckpoint(ByteSource(descriptor: STDIN_FILENO)).listing)
        } catch {
            return answer(UInt8(ascii: "-"), Array(error.description.utf8))
        }
    }

    private static func answer(_ mark: UInt8, _ bytes: [UInt8]) -> Int32 {
        var rest = ([mark] + bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return 1 }
            rest = rest.dropFirst(count)
        }
        return 0
    }
}
