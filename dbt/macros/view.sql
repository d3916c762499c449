{#-
  Views are replaced where they stand. dbt's own way makes a new one and drops the old with all that reads it, so that reports would be gone
  for as long as a build takes. Only a view whose columns change is dropped.
-#}
{% materialization view, adapter='postgres' %}
    {%- set known = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if known is not none -%}
        {%- set old = adapter.get_columns_in_relation(known) if known.type == 'view' else [] -%}
        {%- set new = get_column_schema_from_query(sql) -%}
        {%- if known.type != 'view' or (old | map(attribute='name') | list) != (new | map(attribute='name') | list) -%}
            {%- do adapter.drop_relation(known) -%}
        {%- endif -%}
    {%- endif -%}
    {% call statement('main') -%}
        create or replace view {{ target_relation }} with (security_invoker = true) as (
            {{ sql }}
        );
    {%- endcall %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
