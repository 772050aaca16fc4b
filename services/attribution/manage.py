from shared.runtime.main import manage

if __name__ == "__main__":
    manage("attribution")
