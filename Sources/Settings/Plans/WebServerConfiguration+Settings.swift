package import WebServer

extension WebServerConfiguration {
    /// The web server's configuration as the operator set it.
    package init(_ values: SettingValues) {
        self = values.web
        http.adminToken = values.adminToken.flatMap(AdminToken.init)
    }
}
