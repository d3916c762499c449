"""Parts of `generated_sets`: the briefs that it asks about, and the judge of what was published."""
