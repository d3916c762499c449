// Written by `python -m api.graphql.trust` from dashboard/operations/: the id of each operation.

export const OPERATIONS = {
  Pause: "4f6e99ede6efc61a1614238fad6254e969e1db3ad285b0c6d9845e49c71fee1f",
  Projects: "9cae0d13aa3b5015014ca77e3b838b4c6995e05699067a750a2253ae7a5bccac",
  Request: "597de9cfbda6b092368f23c6217ae61bb5fbe0214d782fb6e9d949cf17789fda",
  Strategies: "f5f9d3605ae950c2fc87f2ca1ac24b23c8a27dcf76dbbfab55bc985ef1a3672a",
} as const;
