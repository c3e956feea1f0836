package enum PairingPlaceholder {}
