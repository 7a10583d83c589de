import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What reading a request's body came to.
enum BodyReading: Sendable {
  case whole(Data)
  /// More than was allowed; the rest was read and thrown away, so that the client hears the answer.
  case tooLarge
  /// More than anybody would send by mistake: answer, and hang up.
  case endless
  /// The client went away, or took longer than the time allowed.
  case broken

  /// Thrown away beyond the limit before we hang up.
  private static let patience = 4 << 20

  /// Reads the raw bytes, at most `limit` of them, within `timeout`.
  static func read(
    _ request: Request, upTo limit: Int, within timeout: Duration, on channel: any Channel
  ) async -> BodyReading {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit + patience { return .endless }
    // Closing the connection ends the reading below; nothing else stops a client that trickles.
    let end = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { channel.close(promise: nil) }
    defer { end.cancel() }
    var body = Data()
    var count = 0
    do {
      for try await chunk in request.body {
        count += chunk.readableBytes
        if count > limit + patience { return .endless }
        if count <= limit { body.append(contentsOf: chunk.readableBytesView) }
      }
    } catch {
      return .broken
    }
    return count > limit ? .tooLarge : .whole(body)
  }
}

extension Response {
  /// The same answer, after which the connection is closed.
  func hangingUp(_ channel: any Channel, text: String) -> Response {
    var fields = headers
    fields[.connection] = "close"
    fields[.contentLength] = nil
    return Response(
      status: status, headers: fields,
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: text))
        try await writer.finish(nil)
        channel.close(promise: nil)
      })
  }
}
