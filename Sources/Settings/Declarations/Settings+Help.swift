extension Settings {
    /// The settings as a help screen shows them: flag, meaning, what is allowed, default, environment name.
    package static func help(_ settings: [Setting]) -> String {
        var lines: [String] = []
        let names = Set(settings.map(\.name))
        for group in SettingGroup.all {
            let members = group.settings.filter { names.contains($0.name) }
            guard !members.isEmpty else { continue }
            lines.append(group.title.uppercased() + ":")
            for setting in members {
                lines.append(
                    "  \(setting.flag)\(setting.type == .yesOrNo ? "" : " <\(setting.type.rawValue)>")")
                let preset = setting.defaultText.isEmpty ? "none" : setting.defaultText
                let meaning =
                    "\(setting.summary) Allowed: \(setting.allowed). Default: \(preset). [\(setting.name)]"
                lines += wrapped(meaning, width: 70).map { "        " + $0 }
            }
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n")
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }

    /// The settings as `docs/operations.md` shows them: a table for each group.
    static func markdown() -> String {
        var text = ""
        for group in SettingGroup.all {
            text +=
                "\n### \(group.title)\n\n| Environment | Flag | Default | Allowed | Meaning |\n|---|---|---|---|---|\n"
            for setting in group.settings {
                let preset = setting.defaultText.isEmpty ? "–" : "`\(setting.defaultText)`"
                let secret = setting.isSecret ? " Never printed." : ""
                text +=
                    "| `\(setting.name)` | `\(setting.flag)` | \(preset) | \(setting.allowed) | \(setting.summary)\(secret) |\n"
            }
        }
        return text
    }
}

extension Settings {
    /// The text of `.env.example`: every setting as a comment that shows its default.
    static func dotEnvExample() -> String {
        var text = """
            # Settings of Switchboard. Copy this file to .env in the directory where the server is started and
            # remove the # before what you change. Flags and the environment come before this file.

            """
        for group in SettingGroup.all {
            text += "\n# \(group.title)\n"
            for setting in group.settings {
                text +=
                    "\n# \(setting.summary)\n# Allowed: \(setting.allowed).\n#\(setting.name)=\(setting.defaultText)\n"
            }
        }
        return text
    }
}
