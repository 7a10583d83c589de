import Domain

/// What waits in a ``TimeQueue``.
protocol TimedItem {
  var time: Timestamp { get }
}

/// Items by their time, the earliest first: a binary heap. Those of the same time come in any order.
struct TimeQueue<Item: TimedItem> {
  private var items: [Item] = []

  init() {}

  mutating func insert(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard items[child].time < items[parent].time else { return }
      items.swapAt(child, parent)
      child = parent
    }
  }

  mutating func popFirst() -> Item? {
    guard let last = items.popLast() else { return nil }
    guard let first = items.first else { return last }
    items[0] = last
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < items.count }
      guard let least = children.min(by: { items[$0].time < items[$1].time }), items[least].time < items[parent].time
      else { return first }
      items.swapAt(parent, least)
      parent = least
    }
  }
}
