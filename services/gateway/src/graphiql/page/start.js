// Starts GraphiQL. Plain JavaScript for the browser: it is served as it stands here.
(() => {
  const API = '/graphql';
  const TOKEN = 'gnomon:token';
  const EXAMPLE = `# Enter an API token above, then press Ctrl-Enter.
query Overview {
  me {
    name
    roles
    tenant {
      name
    }
  }
  discoveredApps(first: 10) {
    totalCount
    edges {
      node {
        name
        score
        users
        tag {
          tag
          reason
        }
      }
    }
  }
}
`;
  const form = document.getElementById('access');
  const field = document.getElementById('token');
  const state = document.getElementById('state');
  // Gone when the tab closes.
  field.value = sessionStorage.getItem(TOKEN) ?? '';

  const authorization = (headers = {}) => {
    const own = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
    if (own) return own[1];
    return field.value.trim() === '' ? undefined : `Bearer ${field.value.trim()}`;
  };

  const isSubscription = (params, options) => {
    const operations = (options?.documentAST?.definitions ?? []).filter((each) => each.kind === 'OperationDefinition');
    const named = operations.find((each) => each.name?.value === params.operationName) ?? operations[0];
    return named?.operation === 'subscription';
  };

  const post = async (params, headers) => {
    const bearer = authorization(headers);
    if (!bearer) return { errors: [{ message: 'Enter an API token above, then press "Use".' }] };
    const response = await fetch(API, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json',
        ...headers,
        ...(bearer ? { Authorization: bearer } : {}),
      },
      body: JSON.stringify(params),
    });
    state.textContent = response.status === 401 ? 'This token is not valid.' : '';
    return response.json();
  };

  // The graphql-transport-ws protocol, one connection a subscription.
  const subscribe = (params, headers) => ({
    subscribe(observer) {
      const url = new URL(API, location.href);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      const socket = new WebSocket(url, 'graphql-transport-ws');
      const send = (message) => socket.send(JSON.stringify(message));
      let over = false;
      const end = (how, value) => {
        if (over) return;
        over = true;
        observer[how]?.(value);
        socket.close(1000);
      };
      socket.onopen = () => send({ type: 'connection_init', payload: { Authorization: authorization(headers) } });
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: params });
        else if (message.type === 'ping') send({ type: 'pong' });
        else if (message.type === 'next') observer.next(message.payload);
        else if (message.type === 'error') {
          observer.next({ errors: message.payload });
          end('complete');
        } else if (message.type === 'complete') end('complete');
      };
      socket.onclose = ({ code, reason }) => end('error', new Error(`The connection was closed: ${code} ${reason}`));
      return {
        unsubscribe() {
          if (socket.readyState === WebSocket.OPEN) send({ id: '1', type: 'complete' });
          end('none');
        },
      };
    },
  });

  const fetcher = (params, options) =>
    isSubscription(params, options) ? subscribe(params, options?.headers) : post(params, options?.headers);

  const root = ReactDOM.createRoot(document.getElementById('graphiql'));
  let generation = 0;
  const render = () => {
    // Another key: GraphiQL reads the schema again with the new token.
    generation += 1;
    root.render(
      React.createElement(GraphiQL, {
        key: generation,
        fetcher,
        defaultQuery: EXAMPLE,
        defaultEditorToolsVisibility: true,
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: false,
      }),
    );
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, field.value.trim());
    render();
  });
  render();
})();
