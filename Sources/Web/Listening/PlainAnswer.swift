import HTTPTypes
import Hummingbird

extension Response {
  /// For machines: a status and a word or two.
  static func plain(_ status: HTTPTypes.HTTPResponse.Status, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
  }

  static func json(_ status: HTTPTypes.HTTPResponse.Status, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
  }

  /// 303: whatever the request was, the next one is a GET.
  static func seeOther(_ location: String) -> Response {
    Response(status: .seeOther, headers: [.location: location])
  }

  static func notAllowed(_ allowed: String) -> Response {
    var response = plain(.methodNotAllowed, "this address takes \(allowed)")
    response.headers[.allow] = allowed
    return response
  }
}

extension HTTPTypes.HTTPRequest.Method {
  /// Reads only.
  var isSafe: Bool { self == .get || self == .head }
}
