package enum WebSocketPlaceholder {}
