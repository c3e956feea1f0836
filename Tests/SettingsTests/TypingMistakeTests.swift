import SettingFixtures
import Testing
import WebServer

@testable import Settings

@Suite("Names that are nearly a setting's")
struct TypingMistakeTests {
    @Test(
        "In .env a typing mistake stops the start",
        arguments: [
            ("MAX_MESAGE_BYTES", "MAX_MESSAGE_BYTES"), ("MAX_MSEASGE_BYTES", "MAX_MESSAGE_BYTES"),
            ("LOGLEVEL", "LOG_LEVEL"), ("ALLOWED_ORIGIN", "ALLOWED_ORIGINS"),
            ("PONG_TIMEOUT", "PING_TIMEOUT"),
            ("PROT", "PORT"), ("PORTS", "PORT"), ("port", "PORT"), ("HSOT", "HOST"),
            ("use-sqlite", "USE_SQLITE"),
        ])
    func refusedInDotEnv(name: String, meant: String) async throws {
        #expect(
            try await refusal(dotEnv: "# c\n\(name)=1\nNO_TYPO=1\n")
                == "\(name) in .env, line 2 is not a setting; did you mean \(meant)?")
    }

    @Test("Of several mistakes in .env the first is named")
    func firstMistake() async throws {
        #expect(
            try await refusal(dotEnv: "EVENT_LOPS=1\nADMIN_TOKE=1\n")
                == "EVENT_LOPS in .env, line 1 is not a setting; did you mean EVENT_LOOPS?")
    }

    @Test("Other programs' lines in .env are left alone, and what is no assignment is reported")
    func othersInDotEnv() async throws {
        let lines = [
            "DATABASE_URL=x", "PGPORT=5432", "PGHOST=db", "HTTP_PORT=80", "DB_HOST=db", "LOG_FILE=x",
            "NODE_ENV=production", "SECRET_KEY=x", "nonsense", "REDIS_URL=x", "ALLOWED_HOSTS=x", "DEBUG=1",
        ]
        #expect(
            try await notices(dotEnv: lines.joined(separator: "\n"))
                == [".env line 9 is no NAME=value and was skipped"])
    }

    @Test("In the environment a typing mistake is reported and does not stop the start")
    func environment() async throws {
        let environment = ["MAX_MESAGE_BYTES": "3", "PROT": "1", "TRUSTED_PROXY": "::1", "PORT": "2"]
        #expect(
            try await notices(environment: environment) == [
                "\"MAX_MESAGE_BYTES\" in the environment is not a setting; did you mean MAX_MESSAGE_BYTES?",
                "\"PROT\" in the environment is not a setting; did you mean PORT?",
            ])
        #expect(try await values(environment: environment).web.port == 2)
    }

    @Test("Names that systems and other programs put into the environment are never reported")
    func commonNames() {
        let names = """
            _ HOME PATH PWD OLDPWD SHELL SHLVL USER LOGNAME HOSTNAME HOSTTYPE OSTYPE MACHTYPE TERM LANG LC_ALL TZ
            TMPDIR EDITOR PAGER MAIL DISPLAY SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY SUDO_USER COLUMNS
            LINES LS_COLORS XDG_RUNTIME_DIR XDG_SESSION_ID DBUS_SESSION_BUS_ADDRESS INVOCATION_ID JOURNAL_STREAM
            NOTIFY_SOCKET LISTEN_FDS LISTEN_PID MAINPID WATCHDOG_USEC CREDENTIALS_DIRECTORY STATE_DIRECTORY
            KUBERNETES_PORT KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT SWITCHBOARD_PORT
            SWITCHBOARD_SERVICE_HOST SWITCHBOARD_SERVICE_PORT DYNO PGHOST PGPORT MYSQL_HOST REDIS_PORT DB_HOST
            DB_PORT HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy no_proxy host port POST HOSTS PORTS HTTP_PORT
            HOST_IP HOST_PORT LHOST RPORT DEBUG CI NODE_ENV RAILS_ENV LOG_FILE LOG_DIR LOG_PATH CONFIG_DIR
            CONFIG_PATH SECRET_KEY ADMIN_USER ADMIN_EMAIL ALLOWED_HOSTS DATABASE_URL SQLITE_PATH SWIFT_BACKTRACE
            HTTP_TIMEOUT READ_TIMEOUT IDLE_TIMEOUT CONNECT_TIMEOUT REQUEST_TIMEOUT MAX_WORKERS WEB_CONCURRENCY
            """
        for name in names.split(whereSeparator: \.isWhitespace).map(String.init) {
            #expect(Settings.nameMeant(inEnvironment: name) == nil, "\(name)")
        }
    }

    @Test("No setting is taken for a mistake of another")
    func settings() {
        for setting in Settings.all {
            #expect(Settings.nameMeant(inDotEnv: setting.name) == nil)
            #expect(Settings.nameMeant(inEnvironment: setting.name) == nil)
        }
    }
}
