"""Live updates: GraphQL subscriptions over WebSockets, executed once for everybody who asks the same with the same rights."""
