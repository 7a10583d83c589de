/// A list's filters that ask for a field to be what a parameter says.
///
/// A value that nothing has, such as a payment link's here, gives an empty list and no refusal.
struct Filter {
  private var wanted: [(key: String, value: String)]

  init(_ call: Call, _ keys: String...) {
    wanted = keys.compactMap { key in call.parameters.text(key).map { (key, $0) } }
  }

  func includes(_ object: JSON) -> Bool {
    wanted.allSatisfy { object[$0.key].text == $0.value }
  }
}
