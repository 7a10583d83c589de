import Transport

/// Where the owner of a bank account names its small deposits: `next_action.verify_with_microdeposits` leads here.
extension Account {
  func verificationPage(_ id: String, error: String? = nil) -> HTTPResponse {
    guard awaitsMicrodeposits(id) else { return Pages.notFound }
    let refusal = error.map { "<p class=\"error\" role=\"alert\">\(HTML.escape($0))</p>" } ?? ""
    return HTML(
      title: "Verify your account",
      body: """
        <h1>Which code came with the deposit?</h1>
        <p>It begins with SM and stands in the deposit's description. In this sandbox it is \(Self.depositCode).</p>
        <form method="post" class="card">
        \(refusal)
        <label for="code">Code</label>
        <input id="code" name="code" type="text" autocomplete="off" placeholder="\(Self.depositCode)">
        <button>Verify</button>
        <button class="other" name="give_up" value="yes">I cannot find it</button>
        </form>
        """
    ).response(status: error == nil ? 200 : 400)
  }

  /// A wrong code may be tried again; who gives up lets the verification fail.
  mutating func takeVerification(_ id: String, _ form: FormValue) -> HTTPResponse {
    guard awaitsMicrodeposits(id) else { return Pages.notFound }
    let isRight = form.text("code")?.uppercased() == Self.depositCode
    guard isRight || form.has("give_up") else {
      return verificationPage(id, error: "That is not the code. Look at the description of the deposit again.")
    }
    verify(microdepositsOf: id, succeeds: isRight)
    return HTML(
      title: isRight ? "Verified" : "Not verified",
      body: isRight
        ? "<h1>Your account is verified.</h1>" : "<h1>Your account could not be verified.</h1>"
    ).response()
  }
}
