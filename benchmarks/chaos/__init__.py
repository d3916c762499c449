"""The crash trial: workers, servers and platforms fail by a seed's plan, and the sandbox's own record says whether anything was harmed."""
