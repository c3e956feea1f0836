package enum SignalingPlaceholder {}
