import { defineConfig } from "vitest/config";

export default defineConfig({
  // The API serves the built files under a policy that allows neither inline scripts nor data: addresses.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { "/graphql": "http://127.0.0.1:8000" } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
