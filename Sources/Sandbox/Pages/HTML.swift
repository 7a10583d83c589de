import Foundation
import Transport

/// A page of the sandbox: plain HTML that works without JavaScript, on a phone first, in light and dark.
struct HTML: Sendable {
  var title: String
  var body: String
  /// For tables rather than a form.
  var isWide = false
  /// Set for a page that the sandbox's `stripe.js` puts into a page of a shop's.
  var frame: Frame?

  /// How a page lives in a frame: the only pages with a script, and the only ones that another origin may show.
  struct Frame: Sendable {
    /// The origin of the page around it, the only one that hears of what happens.
    var parent: String
    var script: String
    /// What that page is told at once, with where it should go.
    var event: String?
    var url: String?
    /// Does not follow a dark page: Stripe's Card Element looks as the page's `style` says, and is light without.
    var isLight = false

    init(_ query: FormValue, script: String, event: String? = nil, url: String? = nil) {
      self.parent = query.text("parent") ?? "null"
      self.script = script
      self.event = event
      self.url = url
    }

    fileprivate var attributes: String {
      [("parent", parent as String?), ("event", event), ("url", url)].compactMap { name, value in
        value.map { " data-\(name)=\"\(HTML.escape($0))\"" }
      }.joined()
    }
  }

  static func escape(_ text: String) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }

  /// For a value in a query.
  static func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  func response(status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status,
      headers: [
        HTTPHeader("Content-Type", "text/html; charset=utf-8"), HTTPHeader("Cache-Control", "no-store"),
        HTTPHeader("Referrer-Policy", "no-referrer"), HTTPHeader("X-Content-Type-Options", "nosniff"),
        HTTPHeader("Content-Security-Policy", policy),
      ], body: Data(text.utf8))
  }

  private var policy: String {
    let common = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    return common
      + (frame == nil ? "frame-ancestors 'none'" : "script-src 'self'; connect-src 'self'; frame-ancestors *")
  }

  private var opening: String {
    if let frame { return "<body class=\"framed\(frame.isLight ? " light" : "")\"\(frame.attributes)>" }
    return "<body>\n<header class=\"honest\">Sandbox: this is not Stripe; no money moves.</header>"
  }

  private var text: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>\(HTML.escape(title))</title>
    <style>\(HTML.style)</style>
    </head>
    \(opening)
    <main\(isWide ? " class=\"wide\"" : "")>
    \(body)
    </main>
    \(frame.map { "<script src=\"/js/frames/\($0.script)\"></script>\n" } ?? "")</body>
    </html>

    """
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#1a1f36;--soft:#4f566b;--line:#8792a2;--card:#fff;--ground:#f6f8fa;--go:#1d4ed8;--bad:#b3093c}
    @media(prefers-color-scheme:dark){:root{--ink:#f2f4f8;--soft:#b8c0cf;--line:#7b8499;--card:#1c2230;--ground:#11151f;--go:#1d4ed8;--bad:#ff8fa8}}
    :root:has(.light){color-scheme:light;--ink:#1a1f36;--soft:#4f566b;--line:#8792a2;--bad:#b3093c}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
    .honest{margin:0;padding:8px 16px;background:#ffe08a;color:#3d2c00;text-align:center;font-size:14px}
    main{max-width:30rem;margin:0 auto;padding:16px}
    main.wide{max-width:64rem}
    .scroll{overflow-x:auto}
    .scroll td,.scroll th{white-space:nowrap}
    .choice input{flex:none}
    ::placeholder{color:var(--soft);opacity:1}
    h1{font-size:1.5rem;line-height:1.25;margin:8px 0;overflow-wrap:anywhere}
    .amount{font-size:2rem;font-weight:700;margin:0}
    .card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin:16px 0}
    label{display:block;margin:12px 0 4px;font-weight:600}
    .choice{display:flex;gap:10px;align-items:center;min-height:44px;margin:0;font-weight:400}
    .choice input{width:22px;height:22px}
    .framed{background:transparent;display:flow-root}
    .framed main{padding:6px;display:flow-root}
    .question{padding:12px}
    .framed .row{display:grid;grid-template-columns:1fr auto auto auto;gap:4px}
    .framed .row input{min-width:0;padding-inline:6px;border-color:transparent}
    .framed .row input:not(:first-child){width:5rem}
    @media(max-width:26rem){.framed .row{grid-template-columns:1fr 1fr 1fr}.framed .row input:first-child{grid-column:1/-1}.framed .row input:not(:first-child){width:100%}}
    [hidden]{display:none!important}
    input[type=text],input[type=email],select{width:100%;min-height:44px;padding:8px 12px;font:inherit;color:inherit;
      background:transparent;border:1px solid var(--line);border-radius:8px}
    option{color:#1a1f36;background:#fff}
    .pair{display:grid;grid-template-columns:1fr 1fr;gap:12px}
    fieldset{border:0;padding:0;margin:0}
    legend{font-weight:700;padding:0}
    button{width:100%;min-height:48px;margin-top:16px;border:0;border-radius:8px;background:var(--go);color:#fff;
      font:inherit;font-weight:700;cursor:pointer}
    .steps{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
    button.step{background:transparent;color:inherit;border:1px solid var(--line);width:auto;min-height:44px;margin:0;padding:0 12px;font-weight:400}
    pre{font:13px/1.4 ui-monospace,monospace;margin:0}
    button.other{background:transparent;color:inherit;border:1px solid var(--line)}
    :focus-visible{outline:3px solid #f59e0b;outline-offset:2px}
    .error{border:2px solid var(--bad);border-radius:8px;padding:8px 12px;color:var(--bad);font-weight:600}
    ul.plain{list-style:none;padding:0;margin:0}
    ul.plain li{display:flex;justify-content:space-between;gap:12px}
    table{width:100%;border-collapse:collapse;font-size:14px}
    td,th{text-align:left;padding:6px 8px 6px 0;border-bottom:1px solid var(--line)}
    .soft{color:var(--soft);font-size:14px}
    a{color:inherit}
    """
}
