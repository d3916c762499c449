import type { Deployment, Strategy } from "./api";
import { campaignName, deploymentWords, flight, money, strategyWords, type Tone } from "./words";

interface Props {
  strategies: readonly Strategy[];
  more: boolean;
  onMore: () => void;
}

/** Newest first. Keys are ids, so that a refresh moves nothing that did not change. */
export function Strategies({ strategies, more, onMore }: Props) {
  if (strategies.length === 0) {
    return <p className="empty">No strategies yet. Hand in a brief, and its campaigns appear here.</p>;
  }
  return (
    <>
      <ul className="strategies">
        {strategies.map((strategy) => (
          <li key={strategy.id}>
            <StrategyCard strategy={strategy} />
          </li>
        ))}
      </ul>
      {more && (
        <button type="button" onClick={onMore}>
          Show older strategies
        </button>
      )}
    </>
  );
}

function StrategyCard({ strategy }: { strategy: Strategy }) {
  const [words, tone] = strategyWords(strategy);
  return (
    <article aria-labelledby={strategy.id}>
      <div className="title">
        <h3 id={strategy.id}>{strategy.name}</h3>
        <Pill words={words} tone={tone} />
      </div>
      {strategy.failure && <p className="problem">{strategy.failure}</p>}
      {strategy.deployments.length > 0 && <Deployments of={strategy} />}
    </article>
  );
}

// The roles are written out because a narrow screen stacks the cells, and browsers then forget that this is a table.
function Deployments({ of: strategy }: { of: Strategy }) {
  return (
    <table role="table" aria-label={`Campaigns of ${strategy.name}`}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader">Platform</th>
          <th role="columnheader">Status</th>
          <th role="columnheader" className="number">
            Daily budget
          </th>
          <th role="columnheader">Flight</th>
          <th role="columnheader">Campaign id</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {strategy.deployments.map((deployment) => (
          <Row key={deployment.id} deployment={deployment} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ deployment }: { deployment: Deployment }) {
  const [words, tone] = deploymentWords(deployment.status);
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {campaignName(deployment)}
      </th>
      <td role="cell" data-label="Status">
        <span className="cell">
          <Pill words={words} tone={tone} />
          {deployment.failure && <span className="problem">{deployment.failure}</span>}
        </span>
      </td>
      <td role="cell" data-label="Daily budget" className="number">
        {money(deployment.dailyBudget)}
      </td>
      <td role="cell" data-label="Flight">
        {flight(deployment.startsOn, deployment.endsOn)}
      </td>
      <td role="cell" data-label="Campaign id">
        {deployment.externalId ? <code>{deployment.externalId}</code> : <span className="help">none yet</span>}
      </td>
    </tr>
  );
}

function Pill({ words, tone }: { words: string; tone: Tone }) {
  return <span className={`pill ${tone}`}>{words}</span>;
}
