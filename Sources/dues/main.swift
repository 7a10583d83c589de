print("dues")
