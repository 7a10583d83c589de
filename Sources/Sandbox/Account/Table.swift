/// Objects of one kind, by id and in the order they were made.
struct Table: Sendable, Codable {
  private var objects: [String: JSON] = [:]
  private var order: [String] = []
  private var places: [String: Int] = [:]
  private var isSearchable = false
  /// What changed since somebody asked, as it was before; null for what was not there.
  private var changed: [String: JSON] = [:]

  init() {}

  /// - Parameter isSearchable: notes what changes, for ``takeChanges()``.
  init(isSearchable: Bool) { self.isSearchable = isSearchable }

  /// Setting nil takes the object away.
  subscript(id: String) -> JSON? {
    get { objects[id] }
    set {
      noteChange(of: id)
      if let newValue {
        if places[id] == nil {
          places[id] = order.count
          order.append(id)
        }
        objects[id] = newValue
      } else if let place = places[id] {
        order.remove(at: place)
        objects[id] = nil
        places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
      }
    }
  }

  /// Takes away the object that was made last, as if it had not been made.
  mutating func removeNewest(_ id: String) {
    precondition(order.last == id, "\(id) is not the newest")
    order.removeLast()
    objects[id] = nil
    places[id] = nil
    changed[id] = nil
  }

  /// Takes away the objects that `matches`, all at once.
  @discardableResult
  mutating func remove(where matches: (JSON) -> Bool) -> Set<String> {
    let gone = Set(order.filter { id in objects[id].map(matches) ?? false })
    guard !gone.isEmpty else { return [] }
    for id in gone {
      objects[id] = nil
      changed[id] = nil
    }
    order.removeAll(where: gone.contains)
    places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    return gone
  }

  /// Takes away the oldest objects, up to the first that does not match.
  mutating func removeOldest(while matches: (JSON) -> Bool) {
    let gone = order.prefix { id in objects[id].map(matches) ?? false }
    guard !gone.isEmpty else { return }
    for id in gone { objects[id] = nil }
    order.removeFirst(gone.count)
    places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
  }

  /// Changes the object in place; nothing if there is none.
  mutating func change(_ id: String, _ body: (inout JSON) -> Void) {
    noteChange(of: id)
    guard var object = objects.removeValue(forKey: id) else { return }
    body(&object)
    objects[id] = object
  }

  private mutating func noteChange(of id: String) {
    if isSearchable, changed[id] == nil { changed[id] = objects[id] ?? .null }
  }

  /// The ids of what changed since the last call, each with the object as it was before.
  mutating func takeChanges() -> [String: JSON] {
    guard !changed.isEmpty else { return [:] }
    defer { changed = [:] }
    return changed
  }

  var count: Int { order.count }
  var newestFirst: some Sequence<JSON> { order.reversed().lazy.compactMap { objects[$0] } }

  /// One page, newest first, as `starting_after` and `ending_before` cut it.
  ///
  /// - Returns: nil for a cursor that is not in the table.
  func page(limit: Int, after: String?, before: String?, where belongs: (JSON) -> Bool) -> (
    data: [JSON], hasMore: Bool
  )? {
    if let before {
      guard let place = places[before] else { return nil }
      let (data, more) = take(limit, from: order[(place + 1)...], where: belongs)
      return (data.reversed(), more)
    }
    var end = order.count
    if let after {
      guard let place = places[after] else { return nil }
      end = place
    }
    return take(limit, from: order[..<end].reversed(), where: belongs)
  }

  private func take(
    _ limit: Int, from ids: some Sequence<String>, where belongs: (JSON) -> Bool
  ) -> (data: [JSON], hasMore: Bool) {
    var data: [JSON] = []
    for id in ids {
      guard let object = objects[id], belongs(object) else { continue }
      if data.count == limit { return (data, true) }
      data.append(object)
    }
    return (data, false)
  }
}
