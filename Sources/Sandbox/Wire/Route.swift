import Transport

/// One operation of the API: its place, its parameters, and what does it.
struct Route: Sendable {
  typealias Operation = @Sendable (inout Account, Call) throws(StripeError) -> JSON

  var method: HTTPRequest.Method
  /// `/v1/customers/{}/payment_methods`: `{}` stands for one segment.
  var segments: [Substring]
  var shape: Shape
  var operation: Operation

  init(_ method: HTTPRequest.Method, _ path: String, _ shape: String, _ operation: @escaping Operation) {
    self.method = method
    self.segments = path.split(separator: "/")
    self.shape = Shape(shape)
    self.operation = operation
  }

  /// The segments that `{}` stand for, or nil if the path is another.
  func arguments(of path: [Substring]) -> [String]? {
    guard path.count == segments.count else { return nil }
    var arguments: [String] = []
    for (mine, theirs) in zip(segments, path) {
      if mine == "{}" {
        arguments.append(FormValue.decode(theirs))
      } else if mine != theirs {
        return nil
      }
    }
    return arguments
  }
}
