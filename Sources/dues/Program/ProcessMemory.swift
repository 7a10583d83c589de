import CMalloc

/// How the process deals with memory that it has freed.
enum ProcessMemory {
  /// Keeps up to 4 MiB at the end of each heap instead of 128 KiB.
  ///
  /// A tick frees and takes a little more than glibc's threshold for each charge. With the threshold as it is, pages go back
  /// to the kernel and come again, zeroed, up to a million times in a tick of ten thousand charges, at random: such a tick
  /// takes twice as long as another (mallopt(3), M_TRIM_THRESHOLD).
  static func keepFreed() { _ = mallopt(M_TRIM_THRESHOLD, 4 << 20) }
}
