{#-
  Row-level security for reports, so that a request of the API (role zamc_api) reads its caller's projects whatever its query says. A view
  is read with the rights of whoever asks (security_invoker, in view.sql), down to the tables, which have policies. Models' own tables get
  theirs here, once: changing a table again and again would wait for every reader. DuckDB has no roles.
-#}
{% macro second_wall(relation) %}{{ return(adapter.dispatch('second_wall')(relation)) }}{% endmacro %}
{% macro duckdb__second_wall(relation) %}{{ return('') }}{% endmacro %}
{% macro default__second_wall(relation) -%}
{%- if execute -%}
{%- set found = run_query("select relkind = 'r' and not relrowsecurity from pg_class where oid = '" ~ relation ~ "'::regclass") -%}
{%- if found.rows[0][0] -%}
alter table {{ relation }} enable row level security;
create policy api on {{ relation }} for select to zamc_api using (ad_account_id in (select id from public.ad_accounts));
{% endif -%}
grant select on {{ relation }} to zamc_api
{%- endif -%}
{%- endmacro %}
