"""Live updates over real sockets, with the real servers behind them."""
