import { nameKey } from './slug.js';

/** What words of a name or a domain say about what an app is for. Earlier lines win. */
const BY_WORD: readonly (readonly [category: string, words: RegExp])[] = [
  ['WEBMAIL', /^(web)?mail$|^e-?mail$|mail$/],
  [
    'ACCOUNTING_AND_FINANCE',
    /^(bank|banks|banking|banco|banque|banca|bankas|sparkasse|finance|financial|finanz|capital|invest|investing|investments?|broker|trading|trader|forex|credit|loans?|lending|mortgage|insurance|insure|versicherung|assurance|seguros|crypto|bitcoin|btc|coins?|wallet|ledger|defi|payments?|pay|payroll|tax|taxes|accounting|invoices?|invoicing|billing|wealth|funds?|pension|equity|stocks?)$|bank$|^bank|coin$|wallet$|insurance$|finance$|capital$|credit$/,
  ],
  [
    'HEALTH',
    /^(health|healthcare|medical|medicine|med|clinic|clinical|clinics|hospital|pharma|pharmacy|apotheke|dental|doctor|doctors|therapy|therapeutics|bio|biotech|biosciences|wellness|fitness|yoga|patient|patients|nursing|genetics|cancer|diagnostics)$|health$|pharma$|pharmacy$|therapeutics$/,
  ],
  [
    'EDUCATION',
    /^(university|universities|universit[aäeày]t?|universidad|universidade|uni|college|school|schools|hochschule|academy|academic|academia|learn|learning|education|edu|course|courses|tutor|tutoring|tutorials?|student|students|teach|teacher|teachers|dictionary|dict|dictionaries|w[oö]rterbuch|encyclop(a|ae)?edia|wiki|wikipedia|library|libraries|biblioth[eè][kq]u?e?|exam|quiz|museum|science|scientific|bible)$|academy$|university$|school$|learning$|wiki$|pedia$|dictionary$/,
  ],
  [
    'HUMAN_RESOURCE_MANAGEMENT',
    /^(jobs?|careers?|hr|recruit|recruiting|recruitment|hiring|talent|talents|resume|staffing|employment|freelance|freelancers?)$|jobs$|recruit(ing)?$/,
  ],
  [
    'TRANSPORTATION_AND_TRAVEL',
    /^(travel|travels|trip|trips|hotel|hotels|hostels?|flights?|airlines?|airways|airport|tours?|tourism|vacations?|holidays?|booking|taxi|cabs?|rail|railways?|trains?|bus|transit|automotive|motors?|parking|maps?|visit|cruises?)$|travel$|airlines?$|hotels?$|airways$|motors$|tours$/,
  ],
  [
    'SUPPLY_CHAIN_AND_LOGISTICS',
    /^(logistics|shipping|freight|cargo|courier|delivery|parcel|parcels|postal|supply|warehouse|tracking)$|logistics$|freight$/,
  ],
  [
    'SECURITY',
    /^(security|secure|vpn|antivirus|firewall|cyber|cybersecurity|infosec|password|passwords|auth|identity|encryption|malware|phishing|threat|hacker|hackers)$|security$|vpn$|cyber$/,
  ],
  ['PERSONAL_INSTANT_MESSAGING', /^(messenger|messaging|chat|chats|sms)$|messenger$|chat$/],
  [
    'COMMUNICATIONS',
    /^(telecom|telekom|telecommunications|phone|phones|voip|broadband|mobile|wireless|fax|telephone)$|telecom$|voip$|phone$/,
  ],
  ['ONLINE_MEETINGS', /^(meeting|meetings|conference|conferencing|webinars?)$|meetings?$/],
  ['SOCIAL_NETWORK', /^(social|dating|singles)$|dating$|social$/],
  ['FORUMS', /^(forum|forums)$|forums?$/],
  [
    'NEWS_AND_ENTERTAINMENT',
    /^(news|newspaper|times|daily|post|tribune|herald|gazette|journal|magazine|mag|blog|blogs|radio|fm|tv|television|media|press|film|films|movie|movies|cinema|video|videos|music|musik|song|songs|lyrics|games?|gaming|gamer|gamers|play|player|anime|manga|comics?|sport|sports|football|soccer|poker|casino|bet|betting|podcasts?|theat(er|re)|tickets?|events?|entertainment|esports|minecraft|pokemon|streaming|recipes?|weather)$|news$|games?$|gaming$|radio$|tv$|times$|magazine$|movies?$|music$|blog$|film$|video$|media$|sports?$|casino$/,
  ],
  [
    'PROPERTY_MANAGEMENT',
    /^(real-?estate|estate|homes?|housing|property|properties|rent|rental|rentals|apartments?|realty|immobilien|construction|kamer|wohnung)$|homes$|realty$|rentals?$|^kamers?/,
  ],
  [
    'E_COMMERCE',
    /^(shop|shops|shopping|store|stores|market|marketplace|mall|outlet|deals?|coupons?|buy|sale|fashion|clothing|shoes|furniture|food|foods|pizza|coffee|wine|beer|grocery|toys|books?|bookstore|jewelry|jewelers|cosmetics|beauty|flowers|gifts?|electronics|auction|auctions)$|shop$|store$|market$|mart$|shopping$|foods?$/,
  ],
  [
    'MARKETING',
    /^(marketing|seo|newsletter|newsletters|survey|surveys|campaign|campaigns|loyalty|affiliate|promo)$|marketing$|survey$/,
  ],
  ['ADVERTISING', /^(ads?|advertising|adserver|adtech|adnetwork|programmatic)$|ads$|advertising$/],
  ['SALES', /^(sales|leads?|prospecting)$/],
  ['CRM', /^crm$|crm$/],
  ['CUSTOMER_SUPPORT', /^(helpdesk|ticketing)$/],
  ['WEBSITE_MONITORING', /^(monitoring|monitor|uptime|status|observability)$|monitor(ing)?$|uptime$/],
  [
    'DATA_ANALYTICS',
    /^(analytics|data|database|datasets?|insights?|statistics|stats|metrics|warehouse)$|analytics$|data$|metrics$|stats$/,
  ],
  [
    'HOSTING_SERVICES',
    /^(hosting|hosts?|domains?|dns|server|servers|vps|cdn|colocation|registrar)$|hosting$|host$|dns$|servers?$|domains?$/,
  ],
  ['CLOUD_STORAGE', /^(storage|backup|backups|drive|files?|upload|uploads)$|storage$|backup$|drive$|files?$|upload$/],
  ['CLOUD_COMPUTING_PLATFORM', /^(cloud|compute|kubernetes|serverless)$|cloud$/],
  ['CODE_HOSTING', /^(git|svn)$|^git(hub|lab|ea|ee)/],
  [
    'DEVELOPMENT_TOOLS',
    /^(api|apis|developers?|dev|code|coding|coder|sdk|js|css|html|php|python|ruby|rust|java|javascript|typescript|golang|node|npm|framework|library|compiler|db|sql|script|software|linux|docker|devops|debug|test|testing|programming|unix|debian|ubuntu|arch|fedora|emacs|vim|xml|json|regex)$|api$|dev$|code$|js$|db$|sql$|software$|script$|linux$/,
  ],
  [
    'PRODUCT_DESIGN',
    /^(design|designs?|designer|fonts?|typography|icons?|logos?|photos?|photography|images?|art|arts|draw|drawing|graphics?|3d|cad|color|colors|pictures?|wallpapers?)$|design$|fonts?$|icons?$|photos?$/,
  ],
  [
    'INTERNET_OF_THINGS',
    /^(iot|smarthome|sensors?|robotics?|drones?|thermostat|camera|cameras|home automation)$|iot$|robotics$|drones?$/,
  ],
  ['PROJECT_MANAGEMENT', /^(kanban|scrum|agile)$/],
  ['COLLABORATION', /^(collaboration|workspace)$/],
  ['CONTENT_MANAGEMENT', /^(cms|website|websites|sites?|wordpress|webdesign|publishing|ebooks?)$|cms$/],
  [
    'PRODUCTIVITY',
    /^(notes?|tasks?|todo|calendar|docs|pdf|office|forms?|convert|converter|translate|translator|translation|calculator|calc|tools?|timer|clipboard|keyboard|reminder)$|notes$|tasks$|calendar$|pdf$|forms?$|tools?$|converter$|translate$|calculator$/,
  ],
  [
    'OPERATIONS_MANAGEMENT',
    /^(operations|manufacturing|industrial|industries|energy|electric|electricity|water|utilities|solar|power|gas)$|energy$|electric$|industries$/,
  ],
  ['IT_SERVICES', /^(consulting|networking|hardware|computers?)$/],
];
/** Ends of a domain that are given to one kind of owner only. */
const SCHOOL = /\.(edu|edu\.[a-z]{2}|ac\.[a-z]{2})$/;
const STATE = /\.(gov|mil|gov\.[a-z]{2}|gob\.[a-z]{2}|gouv\.fr)$/;
/** Ends of a domain that say what is there. */
const BY_SUFFIX: readonly (readonly [category: string, suffix: RegExp])[] = [
  ['EDUCATION', /\.(academy|school|university|education)$/],
  ['ACCOUNTING_AND_FINANCE', /\.(bank|finance|insurance|insure|money|exchange|cash|tax)$/],
  ['E_COMMERCE', /\.(shop|store|shopping|market)$/],
  ['NEWS_AND_ENTERTAINMENT', /\.(games?|tv|fm|news|blog|film|movie|radio|bet|casino)$/],
  ['HEALTH', /\.(health|bio|care|clinic|doctor|fitness)$/],
  ['DEVELOPMENT_TOOLS', /\.(dev|js\.org|rs|readthedocs\.io|github\.io|codes|software|sh)$/],
  ['SECURITY', /\.(security|vpn)$/],
  ['HOSTING_SERVICES', /\.(host|hosting)$/],
  ['CLOUD_COMPUTING_PLATFORM', /\.cloud$/],
  ['TRANSPORTATION_AND_TRAVEL', /\.(travel|aero|tours|taxi)$/],
  ['HUMAN_RESOURCE_MANAGEMENT', /\.(jobs|careers)$/],
  ['PRODUCT_DESIGN', /\.(design|photo|photos|art)$/],
];

/** The category that the words of a name, then those of a domain suggest; undefined where they say nothing. */
export function categoryByWords(name: string, domain: string): string | undefined {
  if (SCHOOL.test(domain)) return 'EDUCATION';
  if (STATE.test(domain)) return undefined;
  const label = nameKey(domain.slice(0, domain.indexOf('.')));
  const words = (name === domain ? '' : name)
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !domain.endsWith(`.${word}`));
  const texts = [...words, label];
  const byWord = BY_WORD.find(([, pattern]) => texts.some((text) => pattern.test(text)));
  return byWord?.[0] ?? BY_SUFFIX.find(([, suffix]) => suffix.test(domain))?.[0];
}
