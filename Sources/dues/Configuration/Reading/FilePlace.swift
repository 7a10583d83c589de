import Foundation

/// Paths as a configuration means them.
enum FilePlace {
  /// A path relative to a directory; absolute ones stay.
  static func resolved(_ path: String, in directory: String) -> String {
    if path.hasPrefix("/") { return path }
    let clean = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    if directory == "." { return clean }
    return directory.hasSuffix("/") ? directory + clean : "\(directory)/\(clean)"
  }

  /// The directory of a file, so that relative paths in it can be resolved; `.` for a bare name.
  static func directory(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// Why a file could not be read, in a few words.
  static func reason(_ error: any Error) -> String {
    switch (error as? CocoaError)?.code {
    case .fileNoSuchFile?, .fileReadNoSuchFile?: "no such file"
    case .fileReadNoPermission?: "permission denied"
    default: "it is no readable file"
    }
  }
}
