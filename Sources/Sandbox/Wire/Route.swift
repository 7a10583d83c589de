import Transport

/// One operation of the API: its place, its parameters, and what does it.
struct Route: Sendable {
  typealias Operation = @Sendable (inout Account, Call) throws(StripeError) -> JSON

  var method: HTTPRequest.Method
  /// `/v1/customers/{}/payment_methods`: `{}` stands for one segment.
  var segments: [Substring]
  var shape: Shape
  var operation: Operation
  var browsers = Browsers.refused

  /// Whether a publishable key opens it.
  enum Browsers: Sendable { case refused, allowed, withClientSecret }

  init(_ method: HTTPRequest.Method, _ path: String, _ shape: String, _ operation: @escaping Operation) {
    self.method = method
    self.segments = path.split(separator: "/")
    self.shape = Shape(shape)
    self.operation = operation
  }

  /// The same, for whoever has the publishable key as well.
  func open(toBrowsers browsers: Browsers) -> Route {
    var route = self
    route.browsers = browsers
    return route
  }

  func isOpenToBrowsers(_ method: HTTPRequest.Method, _ path: String) -> Bool {
    browsers != .refused && method == self.method && arguments(of: path.split(separator: "/")) != nil
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
